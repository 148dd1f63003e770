// The contrast ratio (WCAG 2.2) of each piece of text with what lies behind it.
const light = (rgb) => rgb.slice(0, 3).map((part) => part / 255)
  .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
const ground = (element) => {
  const colour = parts(getComputedStyle(element).backgroundColor);
  return colour[3] === 0 && element.parentElement ? ground(element.parentElement) : colour;
};
return [...document.querySelectorAll("body *")]
  .filter((element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .map((element) => {
    const [one, other] = [light(parts(getComputedStyle(element).color)), light(ground(element))];
    return { text: element.textContent.trim(), ratio: (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) };
  });
