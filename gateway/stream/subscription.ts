import type { BlockFeed, FeedItem } from './block-feed.ts';
import { formatCursor, type StreamCursor } from './cursor.ts';
import { sameFilter, type ChainTopic, type Topic, type TopicFilter } from './topics.ts';

/** One or several topics of final things that a client follows from one place on, in one order. */
export class ChainSubscription {
  readonly topics: Set<ChainTopic>;
  readonly filter: TopicFilter;
  /** Height whose block comes next. */
  height: number;
  /** Positions up to this one of that block are delivered. */
  position: number;
  isRunning = false;
  isOver = false;

  constructor(topics: Iterable<ChainTopic>, filter: TopicFilter, start: StreamCursor) {
    this.topics = new Set(topics);
    this.filter = filter;
    this.height = start.height;
    this.position = start.position;
  }

  /** The filter of one topic: blocks have none. */
  filterOf(topic: ChainTopic): TopicFilter {
    return topic === 'blocks' ? {} : this.filter;
  }

  covers(topic: Topic, filter: TopicFilter): boolean {
    const found = [...this.topics].find((own) => own === topic);
    return found !== undefined && sameFilter(this.filterOf(found), filter);
  }

  /** What of a block is to be delivered, by position. */
  itemsOf(feed: BlockFeed): Iterable<FeedItem> {
    const [first] = this.topics;
    if (first !== undefined && this.topics.size === 1) {
      return feed.items(first, this.filterOf(first), this.position);
    }
    const items: FeedItem[] = [];
    for (const topic of this.topics) items.push(...feed.items(topic, this.filterOf(topic), this.position));
    return items.sort((a, b) => a.position - b.position);
  }

  /** Goes on to the next block. */
  advance(): void {
    this.height++;
    this.position = -1;
  }

  cursorOf(item: FeedItem): string {
    return formatCursor(this.height, item.position);
  }
}
