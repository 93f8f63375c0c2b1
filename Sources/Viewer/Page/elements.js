// The page's elements, by the names that index.html gives them.

export const $ = (id) => document.getElementById(id);

/** What is chosen of a group of radio buttons. */
export const checked = (name) => document.querySelector(`input[name=${name}]:checked`).value;
