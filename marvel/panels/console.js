// Asks the cluster what the reader types: GET only, and only this cluster.

import { element, setText } from "../dom.js";
import { oneAtATime } from "../question.js";
import { KNOWN, pathOf, shown } from "../paths.js";
import { bytes } from "../words.js";

let path = null;
const question = oneAtATime();

export const panel = {
  id: "console",
  needs: ["state"],
  start(section, known, { again, redraw }) {
    section.querySelector("datalist").append(...KNOWN.map((value) => element("option", { value })));
    question.in(section.querySelector("form"), () => { again(); redraw(); }, () => {
      try {
        path = pathOf(section.querySelector("input").value);
      } catch (failure) {
        refuse(section, failure.message);
        return null;
      }
      refuse(section, "");
      return `GET /${path} …`;
    });
  },
  ask: question.asked(async (api) => {
    const [asked, began] = [path, performance.now()];
    const text = await api.text(asked, { deadline: 10000 }).catch(({ message }) => { throw new Error(`GET /${asked}: ${message}`); });
    return { path: asked, text: shown(text), took: Math.round(performance.now() - began), size: new Blob([text]).size };
  }),
  note: ({ console: { problem } }) => (question.isAsked() ? null : problem),
  show(section, { console: { answer, problem } }) {
    section.querySelector("pre").hidden = answer === null || problem !== null;
    if (question.isAsked()) {
      return;
    }
    if (problem !== null || answer === null) {
      setText(section.querySelector("output"), "");
    } else {
      setText(section.querySelector("output"), `GET /${answer.path}: ${bytes(answer.size)} in ${answer.took} ms`);
      setText(section.querySelector("pre"), answer.text);
    }
  },
};

function refuse(section, why) {
  const field = section.querySelector("input");
  const note = section.querySelector("#console-refusal");
  field.setAttribute("aria-invalid", String(why !== ""));
  note.hidden = why === "";
  setText(note, why);
}
