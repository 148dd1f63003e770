// Which time the shard map shows: null is now. The timeline sets it, the map follows.

const followers = new Set();
let shown = null; // a row of the timeline, with its key

// What a row is known by: it is another object with each piece of news.
export const keyOf = ({ type, subject, at }) => `${type} ${subject} ${at}`;

export const past = () => shown;

export function goTo(row) {
  shown = row && { ...row, key: keyOf(row) };
  followers.forEach((follow) => follow());
}

export const onMove = (follow) => followers.add(follow);
