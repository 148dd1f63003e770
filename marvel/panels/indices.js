// The table of indices.

import { element, setChildren } from "../dom.js";
import { indicesOf } from "../indices.js";
import { onceRecovered } from "../model.js";
import { bytes, number } from "../words.js";

export const panel = {
  id: "indices",
  every: 20000,
  needs: ["state"],
  parts: onceRecovered,
  ask: (api) => api.get("_stats/docs,store?filter_path=indices.*.primaries.docs.count,indices.*.primaries.store.size_in_bytes,indices.*.total.store.size_in_bytes"),
  note: ({ indices: { parts: { all } } }) => (all?.problem ?? null) === null ? null : `Documents and sizes: ${all.problem}.`,
  show(section, { state: { answer: cluster }, indices: { parts } }) {
    if (cluster !== null) {
      const rows = indicesOf(cluster.copies, parts.all?.answer);
      setChildren(section.querySelector("tbody"), rows, () => rows.length > 0 ? rows.map(rowOf) : [none()]);
    }
  },
};

const none = () => element("tr", {}, element("td", { colspan: 7 }, "No index is known."));

function rowOf({ name, status, shards, copies, there, wanted, docs, own, size }) {
  const figure = (text) => element("td", { class: "number" }, text);
  return element("tr", { "data-index": name },
    element("th", { scope: "row" }, name),
    element("td", {}, element("span", { class: "state", "data-state": status }, status)),
    figure(docs === null ? "–" : number(docs)),
    figure(own === null ? "–" : bytes(own)),
    figure(size === null ? "–" : bytes(size)),
    figure(`${shards} × ${copies}`),
    figure(there === wanted ? `all ${wanted}` : `${there} of ${wanted}`));
}
