// All panels, in the order in which they are asked and drawn. What a panel is: frame.js.

import { panel as nodes } from "./panels/nodes.js";
import { panel as shards } from "./panels/shards.js";
import { panel as verdict } from "./panels/verdict.js";
import { health, state, stats } from "./sources.js";

export const PANELS = [
  state, health, stats,
  verdict, nodes, shards,
];
