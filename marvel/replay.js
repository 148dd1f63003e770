// Which time the shard map shows: null is now. The timeline sets it, the map follows.

const followers = new Set();
let shown = null; // a row of the timeline

export const past = () => shown;

export function goTo(row) {
  shown = row;
  followers.forEach((follow) => follow());
}

export const onMove = (follow) => followers.add(follow);
