/** What a node tells the process that started it, over the channel between them. */
export type NodeReport =
  | {
      readonly kind: 'stage';
      readonly stage: BootStage;
      /** What takes long in the stage and how far it is, for people. */
      readonly doing?: string;
    }
  | { readonly kind: 'started'; readonly api: string | undefined; readonly addresses: readonly string[] }
  | {
      readonly kind: 'status';
      readonly height: number;
      readonly peers: number;
      /** Validators among them, and itself if it is one. */
      readonly validators: number;
      /** Finalising: see `Readiness`. */
      readonly ready: boolean;
      /** Transactions finalised since the process started. */
      readonly transactions: number;
      /** While the chain waits for its genesis time. */
      readonly waiting?: { readonly genesisTimeMs: number; readonly secondsLeft: number };
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** Steps of a start, in order. */
export const BOOT_STAGES = ['keys', 'genesis', 'state', 'network', 'api'] as const;
export type BootStage = (typeof BOOT_STAGES)[number];

/** Sends a report to the parent process, if there is one that listens. */
export function reportToParent(report: NodeReport): void {
  if (!process.connected) return;
  // A parent that has just ended takes nothing: "disconnect" tells of it, and this must not end the node.
  process.send?.(report, undefined, undefined, () => {});
}
