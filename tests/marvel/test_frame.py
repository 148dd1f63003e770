"""When the frame asks again: not while the page is stopped, and after a failure only after a pause."""

from typing import Any

from cluster.browser import Browser
from tests.marvel.replay import Replay
from tests.marvel.test_words import said

FRAMED = """
    (async () => {
      const real = Date.now;
      let rounds = 0;
      let asked = 0;
      let told = () => {};
      const news = (count) => new Promise((done) => {
        const until = rounds + count;
        told = () => rounds >= until && done();
      });
      const failing = () => { throw new Error("no"); };
      const hanging = (api, signal) => new Promise((_, fail) => {
        signal.addEventListener("abort", () => fail(new Error("gone")));
      });
      const run = (ask) => {
        const { known, run, stop } = m.frame([
          { id: "state", every: 1, ask: async () => { rounds += 1; told(); } },
          { id: "map", needs: ["state"], wants: () => true, ask: (...given) => { asked += 1; return ask(...given); } },
        ]);
        run();
        return { known, stop };
      };
      const result = await (async () => { DOING })();
      Date.now = real;
      return result;
    })()"""


def framed(node: Replay, browser: Browser, doing: str) -> Any:
    return said(node, browser, "frame.js", FRAMED.replace("DOING", doing))


def test_what_a_reader_waits_for_is_not_asked_again_with_each_piece_of_news_while_it_fails(
    node: Replay, browser: Browser
) -> None:
    doing = """const began = real();
        Date.now = () => began;
        const { known, stop } = run(failing);
        await news(10);
        const counts = [asked];
        Date.now = () => began + 9000;
        await news(10);
        counts.push(asked);
        Date.now = () => began + 10000;
        await news(10);
        stop();
        return [...counts, asked, known.map.problem];"""
    assert framed(node, browser, doing) == [1, 1, 2, "no"]


def test_what_was_let_go_when_the_page_is_stopped_is_asked_again_only_when_it_runs(
    node: Replay, browser: Browser
) -> None:
    doing = """const { known, stop } = run(hanging);
        await news(3);
        stop();
        await new Promise((done) => setTimeout(done, 0));
        return [asked, known.map.problem];"""
    assert framed(node, browser, doing) == [1, None]


def test_what_a_reader_chose_last_is_asked_for_while_the_page_is_paused_too(node: Replay, browser: Browser) -> None:
    doing = """let [wanted, again, answer] = [null, null, null];
        const asks = [];
        const { known, run, stop } = m.frame([{
          id: "map",
          wants: (known) => known.map.answer !== wanted,
          start: (_section, _known, verbs) => { again = verbs.again; },
          ask: () => {
            const mine = wanted;
            asks.push(mine);
            return new Promise((done) => { answer = () => done(mine); });
          },
        }]);
        run();
        stop();
        for (const choice of ["a", "b"]) {
          wanted = choice;
          again();
        }
        for (let turn = 0; turn < 2; turn += 1) {
          answer();
          await new Promise((done) => setTimeout(done, 0));
        }
        return [asks, known.map.answer];"""
    assert framed(node, browser, doing) == [["a", "b"], "b"]
