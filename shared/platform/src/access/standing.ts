/** Why something may not go on. */
type StopReason = 'revoked' | 'expired' | 'unreadable';

/** Whether the key behind something still stands, and what it may read now. */
export type Standing =
  | { readonly stands: true; readonly inputs: readonly string[] | undefined }
  | { readonly stands: false; readonly why: StopReason };
