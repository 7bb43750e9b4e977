/** The resting offers of a ledger, kept as a graph in which paths are searched. */
import { assert } from '#core/assert';
import { compareBytes } from '#core/bytes';
import type { AssetNode, Edge } from './asset-graph.ts';
import type { OpenOffer } from './offer.ts';
import { compareRates, LOG_SLACK } from './rate.ts';

/** Negative where a is to be crossed before b on their edge. Never zero for two offers of one book. */
export function compareOffers(a: OpenOffer, b: OpenOffer): number {
  const apart = b.yieldLog - a.yieldLog;
  if (Math.abs(apart) > LOG_SLACK) return apart;
  return compareRates(b.yield, a.yield) || a.placed - b.placed || compareBytes(a.offer.id, b.offer.id);
}

/** How many of the queue come before the offer. */
function placeIn(queue: readonly OpenOffer[], offer: OpenOffer): number {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareOffers(offer, queue[middle] as OpenOffer) <= 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** See the file's head. */
export class OfferBook {
  readonly #nodes = new Map<string, AssetNode>();

  /** The node of an asset, new where nobody has named it yet. */
  node(asset: string): AssetNode {
    const known = this.#nodes.get(asset);
    if (known !== undefined) return known;
    const node: AssetNode = { edges: new Map(), way: null, waySearch: null };
    this.#nodes.set(asset, node);
    return node;
  }

  #edge(from: AssetNode, to: AssetNode): Edge {
    const known = from.edges.get(to);
    if (known !== undefined) return known;
    const edge: Edge = { to, partial: [], whole: [] };
    from.edges.set(to, edge);
    return edge;
  }

  #queue({ offer }: OpenOffer): OpenOffer[] {
    const edge = this.#edge(this.node(offer.want), this.node(offer.give));
    return offer.whole ? edge.whole : edge.partial;
  }

  /** Puts an open offer at its place. Offers are inserted in the order of age, so that equal books are equal graphs. */
  insert(offer: OpenOffer): void {
    const queue = this.#queue(offer);
    queue.splice(placeIn(queue, offer), 0, offer);
  }

  /** Takes an offer out. */
  remove(offer: OpenOffer): void {
    const queue = this.#queue(offer);
    const at = placeIn(queue, offer);
    assert(queue[at] === offer, 'an offer that is not in the book');
    queue.splice(at, 1);
  }
}
