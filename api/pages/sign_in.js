/** The page on which a person enters a key or uses a one-time link. */
import { language, switchLanguage, t, writeTexts } from "./locale.js";
import { followTheme } from "./theme.js";

// The token of a one-time link is in the fragment of the address, which browsers send to no server.
const LINK = "#link=";
const withLink = /** @type {any} */ (document.getElementById("with-link"));
const withKey = /** @type {any} */ (document.getElementById("with-key"));
const told = /** @type {any} */ (document.getElementById("sign-in-problem"));
const link = location.hash.startsWith(LINK) ? location.hash.slice(LINK.length) : "";

/** @param {{ link: string } | { key: string }} credential */
async function signIn(credential) {
  told.hidden = true;
  let detail = t("no_answer");
  try {
    const response = await fetch("/v1/sessions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(credential),
    });
    if (response.ok) {
      location.replace("/");
      return;
    }
    detail = (await response.json()).detail;
  } catch {
    // The sentence above is shown.
  }
  told.textContent = detail;
  told.hidden = false;
  withLink.hidden = true;
  withKey.hidden = false;
}

history.replaceState(null, "", location.pathname);
writeTexts();
followTheme(/** @type {HTMLSelectElement} */ (document.getElementById("theme")));
const languages = /** @type {HTMLSelectElement} */ (document.getElementById("language"));
languages.value = language;
languages.addEventListener("change", () => switchLanguage(languages.value));
withLink.hidden = !link;
withKey.hidden = Boolean(link);
withLink.addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  signIn({ link });
});
withKey.addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  signIn({ key: withKey.elements.key.value.trim() });
});
