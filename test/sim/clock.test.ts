import { expect, test } from "vitest";
import { Clock } from "../../host/sim/clock.ts";

test("timers run in the order of their moments, each at its own", () => {
  const clock = new Clock();
  const start = clock.now;
  const seen: [string, number][] = [];
  const note = (name: string) => () => seen.push([name, clock.now - start]);
  clock.after(20, note("b"));
  clock.after(10, note("a"));
  clock.after(20, note("c"));
  clock.after(30, note("d"));
  expect(clock.next).toBe(start + 10);
  clock.advance(25);
  expect(seen).toEqual([
    ["a", 10],
    ["b", 20],
    ["c", 20],
  ]);
  expect(clock.now).toBe(start + 25);
});

test("a timer may set another, which runs in the same step if its moment has come", () => {
  const clock = new Clock();
  let runs = 0;
  const again = () => {
    runs++;
    clock.after(10, again);
  };
  clock.after(10, again);
  clock.advance(35);
  expect(runs).toBe(3);
});

test("what is cancelled does not run", () => {
  const clock = new Clock();
  let runs = 0;
  const cancel = clock.after(10, () => runs++);
  cancel();
  clock.advance(20);
  expect(runs).toBe(0);
  expect(clock.next).toBeUndefined();
});

test("time does not go back", () => {
  const clock = new Clock();
  const { now } = clock;
  clock.advanceTo(now - 5);
  expect(clock.now).toBe(now);
});
