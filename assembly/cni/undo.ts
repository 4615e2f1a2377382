import { CniError } from "./error";

/** One thing that was done, and how to take it back. */
export abstract class UndoStep {
  abstract run(): CniError | null;
}

/**
 * What to take back if a later step fails. A step is pushed before it is tried, so that one which
 * failed half-way is taken back as well; taking back what never came about is a success.
 */
export class UndoStack {
  private steps: UndoStep[] = [];

  push(step: UndoStep): void {
    this.steps.push(step);
  }

  /** Takes everything back, the last step first, whatever fails; returns what failed. */
  run(): CniError[] {
    const errors: CniError[] = [];
    while (this.steps.length > 0) {
      const error = this.steps.pop().run();
      if (error) errors.push(error);
    }
    return errors;
  }
}
