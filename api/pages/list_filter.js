/** Search and filters of the list of plans: pure functions. */

/** `view` all, mine, waiting (for an approval) or archive. @typedef {{ words: string, view: "all" | "mine" | "waiting" | "archive" }} Filter */

/** Whether a plan belongs into the archive: archived, superseded, or ended without a plan. @param {any} plan */
export const isOver = (plan) => ["archived", "superseded"].includes(plan.approval.state) || ["failed", "infeasible", "cancelled"].includes(plan.status);

/** The plans that a filter leaves; each word must be in the texts of the plan. @param {any[]} plans @param {Filter} filter @param {string} user @param {(plan: any) => string} textOf */
export function filtered(plans, filter, user, textOf) {
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  return plans.filter((plan) => {
    if (filter.view === "mine" && plan.ordered_by !== user) return false;
    if (filter.view === "waiting" && plan.approval.state !== "judged") return false;
    if ((filter.view === "archive") !== isOver(plan) && (filter.view === "archive" || filter.view === "waiting")) return false;
    if (filter.view !== "archive" && plan.approval.state === "archived") return false;
    const text = textOf(plan).toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
