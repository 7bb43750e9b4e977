/** The shape of the book as a graph: assets are nodes, resting offers are edges; and the ways that a search finds in it. */
import type { OpenOffer } from './offer.ts';
import type { Rate } from './rate.ts';

/** The offers that take one asset and give another. */
export interface Edge {
  readonly to: AssetNode;
  /** By yield, the highest first, then by age. */
  readonly partial: OpenOffer[];
  /** All-or-nothing offers: apart, so that any number of them that cannot be taken hides no other offer. */
  readonly whole: OpenOffer[];
}

/** One asset. */
export interface AssetNode {
  /** By where they lead, in the order of insertion, which is the same wherever the same offers are inserted in one order. */
  readonly edges: Map<AssetNode, Edge>;
  /** Scratch of a search: its best way to this asset, valid for that search only. */
  way: Way | null;
  waySearch: object | null;
}

/** One step of a path: an edge, and the best of its offers that may be crossed. */
export interface Hop {
  readonly edge: Edge;
  readonly offer: OpenOffer;
}

/** Hops that lead from the start of a search to an asset, as a chain back to the start. */
export interface Way {
  readonly node: AssetNode;
  readonly before: Way | null;
  /** The last hop; null at the start. */
  readonly hop: Hop | null;
  readonly hops: number;
  /** log2 of the yield, within LOG_SLACK / 2. */
  readonly log: number;
  /** The exact yield, once it was needed. */
  exact: Rate | null;
}
