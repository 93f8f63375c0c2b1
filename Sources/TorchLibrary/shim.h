/* libtorch is C++; Sources/CTorch is its C face. This module only carries the link flags. */
