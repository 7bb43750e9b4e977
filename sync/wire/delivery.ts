/** How each kind of message travels over MQTT: quality of service and whether brokers keep the newest one. */

/** MQTT delivery of one kind of message. */
export interface Delivery {
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/** By kind. Nothing depends on a delivery: what is lost is asked for, what is not receipted is sent again. */
export const delivery = {
  segment: { qos: 1, retain: false },
  head: { qos: 0, retain: true },
  receipts: { qos: 1, retain: false },
  turnedAway: { qos: 0, retain: false },
  delta: { qos: 1, retain: false },
  request: { qos: 1, retain: false },
  reply: { qos: 1, retain: false },
} as const satisfies Readonly<Record<string, Delivery>>;
