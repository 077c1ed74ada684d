// The token of a one-time link is in the fragment of the address, which browsers send to no server.
const LINK = "#link=";
const withLink = document.getElementById("with-link");
const withKey = document.getElementById("with-key");
const told = document.getElementById("sign-in-problem");
const link = location.hash.startsWith(LINK) ? location.hash.slice(LINK.length) : "";
history.replaceState(null, "", location.pathname);

async function signIn(credential) {
  told.hidden = true;
  let detail = "The server does not answer.";
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

withLink.hidden = !link;
withKey.hidden = Boolean(link);
withLink.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn({ link });
});
withKey.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn({ key: withKey.elements.key.value.trim() });
});
