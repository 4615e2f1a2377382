import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Text in colour, where standard output is a terminal and NO_COLOR is not set. */
export function paint(style: Style, text: string): string {
  const colours = process.stdout.isTTY && !process.env.NO_COLOR;
  return colours ? styleText(style, text, { validateStream: false }) : text;
}

/** A step that failed; its title says which. */
export class StepFailed extends Error {
  constructor(
    readonly title: string,
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause));
  }
}

/** Does one step of the demo and prints a line with its time, then what it has to show. */
export async function step<T>(
  title: string,
  action: () => T | Promise<T>,
  show: (result: T) => readonly string[] = () => [],
): Promise<T> {
  const start = performance.now();
  try {
    const result = await action();
    const milliseconds = Math.round(performance.now() - start);
    console.log(`${paint("green", "✓")} ${title} ${paint("dim", `${milliseconds} ms`)}`);
    for (const line of show(result)) console.log(`    ${line}`);
    return result;
  } catch (error) {
    console.log(`${paint("red", "✗")} ${title}`);
    throw new StepFailed(title, error);
  }
}
