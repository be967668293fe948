/** The viewer cannot draw something; the server may still take it. */
export class NotShown extends Error {}
