/** Requests to the service, and the difference between its clock and that of the browser. */
import { t } from "./locale.js";

/** @type {string | null} */
let csrfToken = null;
let behindMs = 0;

/** The time by the clock of the service, in ms. */
export const serviceNow = () => Date.now() + behindMs;

/** @param {string | null} token */
export function useToken(token) {
  csrfToken = token;
}

/** Send a request; returns the JSON of the answer and throws the problem of a refusal. @param {string} path @param {RequestInit} [options] */
export const ask = async (path, options) => (await exchange(path, options)).body;

/** Send a request; returns the JSON and the `ETag` of the answer, and throws the problem of a refusal.
 * @param {string} path @param {RequestInit} [options] @returns {Promise<{ body: any, tag: string | null }>} */
export async function exchange(path, options) {
  let response;
  const headers = new Headers(options?.headers);
  if (options && csrfToken) headers.set("X-CSRF-Token", csrfToken);
  try {
    response = await fetch(path, options && { ...options, headers });
  } catch {
    throw { title: t("no_answer"), detail: t("no_answer_text") };
  }
  if (response.status === 401) location.assign("/sign-in");
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (date) behindMs = date - Date.now();
  const tag = response.headers.get("ETag");
  if (response.status === 204) return { body: null, tag };
  const body = await response.json();
  if (!response.ok) throw body;
  return { body, tag };
}

/** Some bytes of a file of the service; throws the problem of a refusal. @param {string} path @param {number} at @param {number} count @returns {Promise<ArrayBuffer>} */
export async function bytesOf(path, at, count) {
  let response;
  try {
    response = await fetch(path, { headers: { Range: `bytes=${at}-${at + count - 1}` } });
  } catch {
    throw { title: t("no_answer"), detail: t("no_answer_text") };
  }
  if (response.status === 401) location.assign("/sign-in");
  if (!response.ok) throw await response.json();
  const bytes = await response.arrayBuffer();
  // A server between may answer with the whole file.
  return response.status === 206 ? bytes : bytes.slice(at, at + count);
}
