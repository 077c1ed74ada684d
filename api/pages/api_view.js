/** A readable description of the interface for programs, made from the description of the service. */
import { ask } from "./client.js";
import { element } from "./element.js";
import { t } from "./locale.js";

/** @returns {Promise<Node[]>} */
export async function apiView() {
  const { paths, components } = await ask("/openapi.json");
  const routes = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, route]) => routeView(path, method, route, components.schemas)));
  return [element("h1", {}, t("api")), element("p", {}, t("api_text")), element("p", {}, element("a", { href: "/openapi.json" }, t("api_raw"))), ...routes];
}

/** @param {string} path @param {string} method @param {any} route @param {any} schemas */
function routeView(path, method, route, schemas) {
  const inPath = (route.parameters ?? []).map((/** @type {any} */ one) => [one.name, one.description ?? one.in]);
  const named = route.requestBody?.content?.["application/json"]?.schema?.$ref?.split("/").at(-1);
  const inBody = Object.entries(schemas[named]?.properties ?? {}).map(([name, one]) => [name, one.description ?? ""]);
  const items = [...inPath, ...inBody].map(([name, text]) => element("li", {}, element("code", {}, name), text ? ` ${text}` : ""));
  return element("section", {}, element("h2", {}, element("code", {}, `${method.toUpperCase()} ${path}`)), element("p", {}, element("strong", {}, route.summary ?? ""), ` ${route.description ?? ""}`), items.length ? element("ul", {}, ...items) : null);
}
