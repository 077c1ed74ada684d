/** Light or dark colours: as the system has them, or as the user chose. */
const KEPT = "headwatt.theme";

/** @param {HTMLSelectElement} choice */
export function followTheme(choice) {
  choice.value = localStorage.getItem(KEPT) ?? "system";
  show(choice.value);
  choice.addEventListener("change", () => {
    localStorage.setItem(KEPT, choice.value);
    show(choice.value);
  });
}

/** @param {string} theme */
function show(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
