#!/usr/bin/env python3
"""The identifiers that Tests/BatchTests/IdentifierTests.swift expects, by Python's hashlib: RFC 9562 version 8 as its
appendix B.2 makes them of SHA-256, in the form of PS3.5 B.2. Nothing of Fovea takes part."""

import hashlib
import uuid

FOVEA = uuid.UUID("b2f05a1d-6c3e-4d7a-9e21-58c40f97136b")
OPTIONS = dict(
    scale="4", color="luminance", noise="auto", grain="1", blur="0", acquiredGrid="auto", sampler="dpmSolver",
    steps="20", sampleSeed="0", consistent="false", samples="1",
)


def identifier(space, name):
    octets = bytearray(hashlib.sha256(space.bytes + name.encode()).digest()[:16])
    octets[6] = octets[6] & 0x0F | 0x80
    octets[8] = octets[8] & 0x3F | 0x80
    return "2.25.%d" % int.from_bytes(octets, "big")


def derived(kind, role, source, **options):
    terms = {**OPTIONS, **options}
    lines = [kind, role, source, "bicubic", "precision=none"] + [f"{key}={terms[key]}" for key in sorted(terms)]
    return identifier(FOVEA, "\n".join(lines))


print(identifier(uuid.NAMESPACE_DNS, "www.example.com"))
print(derived("series", "image", "1.2.840.113619.2.1"))
print(derived("instance", "image", "1.2.840.113619.2.1.7"))
print(derived("instance", "deviation", "1.2.840.113619.2.1.7"))
print(derived("series", "image", "1.2.840.113619.2.1", scale="2.5", grain="0.5", consistent="true"))
