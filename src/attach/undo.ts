/**
 * The undo stack of one attachment: each step that changed the world leaves its opposite here, and an error runs them,
 * last first. What a step undoes must be safe to run when its effect is gone already.
 */
type Undo = { readonly what: string; readonly run: () => void | Promise<void> };

export type UndoStack = {
  readonly push: (what: string, run: () => void | Promise<void>) => void;
  /** Runs and empties the stack. Returns a line for each undo that failed. */
  readonly unwind: () => Promise<readonly string[]>;
};

export const undoStack = (): UndoStack => {
  const stack: Undo[] = [];
  return {
    push: (what, run) => {
      stack.push({ what, run });
    },
    unwind: async () => {
      const failures: string[] = [];
      for (let undo = stack.pop(); undo !== undefined; undo = stack.pop()) {
        try {
          await undo.run();
        } catch (thrown) {
          failures.push(`${undo.what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
        }
      }
      return failures;
    },
  };
};
