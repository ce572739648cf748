interface Step {
  /** The statement that it is about to send; without one it is in the call. */
  statement?: RegExp;
  /** After so many requests were answered. Default 0. */
  answers?: number;
  /** Deliveries marked as sent of 40 with one poison, and whether the server has events already. */
  sent: number;
  served: boolean;
}

/** Where a delivery worker may be killed. */
export const steps: Readonly<Record<string, Step>> = {
  "before the claim's commit": { statement: /^\s*commit/, sent: 0, served: false },
  "before the request": { sent: 0, served: false },
  "between answer and mark": { statement: /state = 'sent', sent_at/, answers: 1, sent: 0, served: true },
  "amid the halves of a refused batch": {
    statement: /state = 'sent', sent_at/,
    answers: 3,
    sent: 20,
    served: true,
  },
  "before the poison is put aside": { statement: /refused\.park/, answers: 2, sent: 39, served: true },
};
