// A form that asks one question at a time: until there is an answer, or why there is none, its button does nothing and
// says so. It is not disabled, or who asked with the keyboard would lose the focus.

import { setText } from "./dom.js";

export function oneAtATime() {
  let form = null;
  let isAsked = false;
  const mark = (value) => {
    isAsked = value;
    form?.querySelector("[type=submit]").setAttribute("aria-disabled", String(value));
  };
  return {
    isAsked: () => isAsked,
    // words: what the form's output says meanwhile, or null where there is nothing to ask
    in(itself, again, words) {
      form = itself;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const said = isAsked ? null : words();
        if (said !== null) {
          mark(true);
          setText(form.querySelector("output"), said);
          again();
        }
      });
    },
    asked: (ask) => async (...given) => {
      try {
        return await ask(...given);
      } finally {
        mark(false);
      }
    },
  };
}
