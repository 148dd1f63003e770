// All panels, in the order in which they are asked and drawn. What a panel is: frame.js.

import { figures, samples } from "./figures.js";
import { panel as checks, checked } from "./panels/checks.js";
import { panel as asking } from "./panels/console.js";
import { panel as indices } from "./panels/indices.js";
import { panel as nodes } from "./panels/nodes.js";
import { panel as recoveries } from "./panels/recoveries.js";
import { panel as shards } from "./panels/shards.js";
import { panel as threads } from "./panels/threads.js";
import { panel as timeline } from "./panels/timeline.js";
import { panel as trends } from "./panels/trends.js";
import { panel as verdict } from "./panels/verdict.js";
import { copied, health, older, recorded, settings, state } from "./sources.js";

export const PANELS = [
  state, health, figures, samples, settings, copied, recorded, older,
  verdict, nodes, timeline, shards,
  trends, recoveries, indices, checked, checks, threads, asking,
];
