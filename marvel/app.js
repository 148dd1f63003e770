// The page: its panels run unless it is paused or out of sight.

import { setText } from "./dom.js";
import { frame } from "./frame.js";
import { PANELS } from "./panels.js";

const page = document.documentElement;
const button = document.getElementById("pause");
const { run, stop } = frame(PANELS);
let paused = false;

function runOrRest() {
  stop();
  page.dataset.paused = paused;
  setText(button, paused ? "Resume" : "Pause");
  if (!paused && !document.hidden) {
    run();
  }
}

button.addEventListener("click", () => {
  paused = !paused;
  runOrRest();
});
document.addEventListener("visibilitychange", runOrRest);
runOrRest();
