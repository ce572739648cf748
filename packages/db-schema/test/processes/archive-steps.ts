interface Step {
  /** The statement that it is about to send; without one it stands when it has read all lines. */
  statement?: RegExp;
  /** Names in the folder then. */
  files: readonly RegExp[];
  /** Whether the month is still attached. */
  attached?: boolean;
}

const part = /\.[0-9a-f]{8}\.part$/;
const [archive, manifest] = [/m01\.ndjson\.gz$/, /m01\.manifest\.json$/];

/** Where a process that archives and drops a month may be killed. */
export const steps: Readonly<Record<string, Step>> = {
  "before the month is detached": { statement: /detach_event_partition/, files: [], attached: true },
  "amid the lines": { statement: /where \(e\.id, e\.occurred_at\)/, files: [part] },
  "before the archive has its name": { files: [part] },
  "before the month is dropped": { statement: /drop_detached_events/, files: [manifest, archive] },
};
