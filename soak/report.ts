import type { Judge } from "./judge.ts";

/** What a soak has seen, for its user. */
export function report(name: string, judge: Judge, seconds: number): string {
  const { counts, given, faults } = judge;
  const most = Math.max(0, ...given.values());
  const rate = (counts.rounds / seconds).toFixed(1);
  const lines = [
    `${counts.rounds} rounds in ${seconds.toFixed(1)} s, ${rate} a second`,
    `${counts.added} containers with an IPv4 address, ${counts.dualStack} with one of each family`,
    `${counts.exhausted} found the pool used up (110), ${counts.tryAgain} were to try again (11)`,
    `${counts.killedAdds} ADD and ${counts.killedDels} DEL were killed`,
    `${counts.checked} CHECK, ${counts.pinged} addresses asked for by ping`,
    `${given.size} addresses were given to containers, one of them ${most} times`,
    `the slowest call took ${judge.slowestMs.toFixed(0)} ms`,
    ...(faults.length === 0
      ? ["no address twice, nothing left"]
      : faults.map((f) => `FAULT: ${f}`)),
  ];
  return [`${name}:`, ...lines.map((line) => `  ${line}`)].join("\n");
}
