/** How Node.js is started for a till. */

/**
 * Keeps the heap's young generation at 3 x 4 MiB: by default it grows to 3 x 16 MiB, a third of what a till may use, and hardly
 * makes a verdict faster. The systemd unit of the agent sets the same through NODE_OPTIONS.
 */
export const tillNodeFlags: readonly string[] = ['--max-semi-space-size=4'];

/**
 * The same for a validator, the other way round: a young generation of up to 3 x 64 MiB, in which most of what a block makes has died
 * before it is looked at. The systemd unit of the validator sets it too.
 */
export const validatorNodeFlags: readonly string[] = ['--max-semi-space-size=64'];
