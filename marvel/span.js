// How far back the reader looks. What is older than a day is asked for only when somebody wants to see it.

const HOUR = 3600000; // milliseconds

export const SPANS = {
  "15m": ["15 minutes", HOUR / 4], "1h": ["hour", HOUR], "6h": ["6 hours", 6 * HOUR], "24h": ["24 hours", 24 * HOUR], "7d": ["7 days", 168 * HOUR],
};

const followers = new Set();
let chosen = "1h"; // a key of SPANS

export const span = () => chosen;

export const nameOfSpan = () => SPANS[chosen][0];

// In milliseconds.
export const lengthOfSpan = () => SPANS[chosen][1];

// Days before today that it reaches into.
export const daysOfSpan = () => Math.ceil(lengthOfSpan() / (24 * HOUR));

export function choose(value) {
  chosen = value;
  followers.forEach((follow) => follow());
}

export const onChoice = (follow) => followers.add(follow);
