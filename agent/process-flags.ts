/** How Node.js is started for a till. */

/**
 * Keeps the heap's young generation at 3 x 4 MiB: by default it grows to 3 x 16 MiB, a third of what a till may use, and hardly
 * makes a verdict faster. The systemd unit of the agent sets the same through NODE_OPTIONS.
 */
export const tillNodeFlags: readonly string[] = ['--max-semi-space-size=4'];

/** The same for a validator. */
export const validatorNodeFlags: readonly string[] = [];
