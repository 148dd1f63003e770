// What keeps a node busy, asked only when somebody wants to know.

import { element, setChildren, setText } from "../dom.js";

let wanted = null;

export const panel = {
  id: "threads",
  needs: ["state"],
  start(section, known, { again }) {
    section.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      wanted = section.querySelector("select").value;
      setText(section.querySelector("output"), "Asking …");
      again();
    });
  },
  ask: (api) => api.text(`_nodes/${encodeURIComponent(wanted)}/hot_threads?threads=5`, { deadline: 10000 }),
  note: ({ threads: { problem } }) => problem,
  show(section, { state: { answer: cluster }, threads: { answer, problem } }) {
    const nodes = cluster?.nodes ?? [];
    setChildren(section.querySelector("select"), nodes.map(({ id, name }) => [id, name]),
      () => nodes.map(({ id, name }) => element("option", { value: id }, name)));
    const text = answer === null ? "" : answer.trim() || "Nothing: no such node is connected.";
    section.querySelector("pre").hidden = text === "";
    setText(section.querySelector("pre"), text);
    if (answer !== null || problem !== null) {
      setText(section.querySelector("output"), "");
    }
  },
};
