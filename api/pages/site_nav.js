/** The links between the pages of the service; the present page is marked. Every user sees every link: the service decides who may do what. */
import { element } from "./element.js";
import { t } from "./locale.js";

/** The pages and their addresses, in the order of the links. */
export const SITE_PAGES = /** @type {const} */ ({ planner: "/", engineer: "/engineer/", fleet: "/fleet/", control_room: "/control-room/" });
/** @typedef {keyof typeof SITE_PAGES} SitePage */

/** Fill the element with the id `site-nav` with the links. @param {SitePage} current */
export function showSiteNav(current) {
  const place = /** @type {HTMLElement} */ (document.getElementById("site-nav"));
  place.setAttribute("aria-label", t("site.pages"));
  place.replaceChildren(...Object.entries(SITE_PAGES).map(([page, href]) => element("a", { href, "aria-current": page === current && "page" }, t(`site.${page}`))));
}
