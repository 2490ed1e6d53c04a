/** A module bundled whole (scripts/threads.mjs): the source of a CommonJS script for `new Worker(code, { eval: true })`. */
declare module '#thread/*' {
  const code: string
  export default code
}
