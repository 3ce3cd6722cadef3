/** A fenced block of a Markdown document. */
export interface Block {
  /** Line of its first line of text, from 1. */
  readonly line: number;
  /** Word after the fence; empty where there is none. */
  readonly language: string;
  readonly text: string;
}

/** A line of a shell block. */
export interface Command {
  readonly line: number;
  readonly text: string;
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; lines: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^```(\w*)\s*$/.exec(text);
    if (open === undefined && fence !== null) open = { line: index + 2, language: fence[1] ?? '', lines: [] };
    else if (open !== undefined && fence !== null) {
      blocks.push({ line: open.line, language: open.language, text: open.lines.join('\n') });
      open = undefined;
    } else open?.lines.push(text);
  }
  return blocks;
}

/** The commands of every `sh` block, in order; comments and empty lines are none. */
export function commandsOf(markdown: string): Command[] {
  return blocksOf(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ line, text }) =>
      text
        .split('\n')
        .map((command, index) => ({ line: line + index, text: command.trim() }))
        .filter(({ text: command }) => command !== '' && !command.startsWith('#')),
    );
}
