/** Light or dark colours: as the system has them, or as the user chose. */
const KEPT = "headwatt.theme";

/** @param {HTMLSelectElement} choice @param {string} kept name under which the choice is kept @param {string} otherwise without a choice */
export function followTheme(choice, kept = KEPT, otherwise = "system") {
  choice.value = localStorage.getItem(kept) ?? otherwise;
  show(choice.value);
  choice.addEventListener("change", () => {
    localStorage.setItem(kept, choice.value);
    show(choice.value);
  });
}

/** @param {string} theme */
function show(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
