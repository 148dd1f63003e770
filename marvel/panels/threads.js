// What keeps a node busy, asked only when somebody wants to know.

import { element, setChildren, setText } from "../dom.js";
import { oneAtATime } from "../question.js";

const question = oneAtATime();
let chosen = null; // {id, name} of the node that the reader wants to hear of; null before there was a choice

export const panel = {
  id: "threads",
  needs: ["state"],
  start(section, known, { again, redraw }) {
    const select = section.querySelector("select");
    const choose = () => { chosen = { id: select.value, name: select.selectedOptions[0].textContent }; };
    select.addEventListener("change", choose);
    question.in(section.querySelector("form"), () => { again(); redraw(); }, () => {
      choose();
      return "Asking …";
    });
  },
  ask: question.asked((api) => api.text(`_nodes/${encodeURIComponent(chosen.id)}/hot_threads?threads=5`, { deadline: 10000 })),
  note: ({ threads: { problem } }) => (question.isAsked() ? null : problem),
  show(section, { state: { answer: cluster }, threads: { answer } }) {
    showNodes(section.querySelector("select"), cluster?.nodes ?? []);
    const text = answer === null ? "" : answer.trim() || "Nothing: no such node is connected.";
    section.querySelector("pre").hidden = text === "";
    setText(section.querySelector("pre"), text);
    if (!question.isAsked()) {
      setText(section.querySelector("output"), "");
    }
  },
};

// The choice stays when others come and go. A node that is started anew has another id, and is still meant; of one that
// has left nothing is chosen, rather than another node than the one that was meant.
function showNodes(select, nodes) {
  setChildren(select, nodes.map(({ id, name }) => [id, name]), () => nodes.map(({ id, name }) => element("option", { value: id }, name)));
  const meant = chosen === null ? nodes[0] : nodes.find(({ id }) => id === chosen.id) ?? nodes.find(({ name }) => name === chosen.name);
  chosen &&= meant ?? chosen;
  if (select.value !== (meant?.id ?? "")) {
    select.value = meant?.id ?? "";
  }
}
