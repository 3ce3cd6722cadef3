import { DOCUMENT_BYTES_MAX } from '../limits.ts';
import type { Findings } from '../report/findings.ts';
import { scanJson } from './scan-json.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The value of a JSON document, read strictly: what `JSON.parse` passes in silence (duplicate members, numbers
 * that are rounded, half surrogate pairs) is found with its place.
 *
 * @returns undefined when there is no value to go on with; the findings say why
 */
export function readJson(bytes: Uint8Array, findings: Findings): { value: unknown } | undefined {
  if (bytes.length > DOCUMENT_BYTES_MAX) {
    findings.add(
      'json.size',
      '',
      `the document has ${bytes.length} bytes; at most ${DOCUMENT_BYTES_MAX} are read`,
    );
    return undefined;
  }
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    findings.add('json.encoding', '', 'the document is not valid UTF-8; save it as UTF-8');
    return undefined;
  }
  if (text.startsWith('\uFEFF')) {
    findings.add('json.encoding', '', 'the document begins with a byte order mark; save it without');
    return undefined;
  }
  // Before the parse: a parser may run out of stack on what is nested too deeply.
  if (!scanJson(text, findings)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    findings.add('json.syntax', '', describeSyntaxError(text, error));
    return undefined;
  }
}

function describeSyntaxError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const at = /position (\d+)/.exec(message);
  if (text.trim() === '') return 'the document is empty';
  if (at === null) return `the document is not JSON: ${message.slice(0, 200)}`;
  const offset = Number(at[1]);
  let line = 1;
  let lineStart = 0;
  for (let next = text.indexOf('\n'); next >= 0 && next < offset; next = text.indexOf('\n', next + 1)) {
    line++;
    lineStart = next + 1;
  }
  const column = offset - lineStart + 1;
  return `the document is not JSON at line ${line}, column ${column}: ${message.slice(0, 120)}`;
}
