// Whether so many nodes have to see one another before they elect a master that there can never be two.

import { bad, good, unknown, warn } from "./finding.js";
import { count, list } from "./words.js";

const QUORUM = "discovery.zen.minimum_master_nodes";
const MAJORITY = `Set ${QUORUM} on every node to one more than half of all nodes that may be master, also of those that are away.`;

// For how many nodes that may be master this is a quorum, no more and no less: 3 is for "4 to 5 nodes".
const fits = (quorum) => (quorum < 2 ? "one node" : `${2 * quorum - 2} to ${2 * quorum - 1} nodes`);

// A node that is away counts, too, and nobody tells of it: too low is certain, enough is only what all have told, and no
// advice lowers it. Two halves with a lowered quorum would each elect a master. What nodes are set to that never vote is
// of no effect.
export function quorum(given) {
  const { nodes, settings } = given;
  const voters = nodes.filter((node) => node.settings["node.master"] !== "false" && node.settings["node.client"] !== "true");
  const eligible = voters.length;
  if (eligible === 0) {
    return unknown("no node that may be master has told its settings yet");
  }
  const set = [...new Set(voters.map((node) => Number(settings[QUORUM] ?? node.settings[QUORUM] ?? -1)))].sort((a, b) => a - b);
  const away = whoIsAway(given);
  const wanted = Math.floor(eligible / 2) + 1;
  if (set[0] < wanted) {
    return tooLow(set, eligible, wanted, away);
  }
  if (set.length > 1) {
    return warn(`${QUORUM} differs: ${list(set.map((one) => `${one}, for ${fits(one)}`))}`, MAJORITY);
  }
  if (away !== null) {
    return unknown(`${QUORUM} is ${set[0]}, which is right for ${fits(set[0])} that may be master; ${away}`);
  }
  return set[0] > wanted
    ? warn(`${QUORUM} is ${set[0]}, which is right for ${fits(set[0])}, and there ${eligible === 1 ? "is" : "are"} ${count(eligible, "node")} that may be master`, "Start those that are missing. While any of them may come back, it is not to be lowered.")
    : good(`${set[0]} of ${eligible} nodes elect a master: right for ${fits(set[0])}`);
}

function tooLow(set, eligible, wanted, away) {
  const said = set[0] < 1 ? "is not set" : `is ${set[0]}`;
  const loss = "two halves of a cut network would each elect a master, and one half's writes are lost";
  if (away !== null) {
    return bad(`${QUORUM} ${said}, too low already for ${eligible > 1 ? `the ${count(eligible, "node")} that answered` : "two nodes"}: ${loss}`, MAJORITY);
  }
  const todo = set.at(-1) > eligible ? MAJORITY : `Set ${QUORUM}: ${Math.max(wanted, ...set)} in every node's elasticsearch.yml, and by PUT _cluster/settings until they are restarted.`;
  return eligible < 2
    ? warn(`${QUORUM} ${said}: with one node that is no harm, with a second one it is`, todo)
    : bad(`${QUORUM} ${said}; with ${count(eligible, "node")} that may be master it is to be ${wanted}, for ${fits(wanted)}: ${loss}`, todo);
}

// Why what the nodes have told is not all there is to know; null where it is.
function whoIsAway({ nodes, asked, hasMaster }) {
  if (!hasMaster) {
    return "there is no master, so nobody knows who is missing";
  }
  return nodes.length < asked ? `only ${nodes.length} of ${asked} nodes answered` : null;
}
