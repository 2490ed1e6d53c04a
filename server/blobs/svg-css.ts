/** Whether an address, lower-case and without white space, is a picture in a form that nothing runs in. */
export const isRasterData = (address: string): boolean => /^data:image\/(?:png|jpe?g|gif|webp|avif|bmp)(?:;[\w=-]+)*,/.test(address)

const loud = /@import|expression\(|-moz-binding|(?:^|[;{}"'])behavior:|(?:java|vb|live)script:/
/** Functions that load: none of them is written by a program that draws, but `url`. */
const loading = /(?:^|[^\w-])(?:-webkit-)?(?:image-set|cross-fade|image|src|element)\(/
const url = /url\(["']?([^"')]{0,200})/g

/**
 * Whether a style refers to nothing outside its file: `url(#part)` and pictures as `data:` are all it may name. Escapes are read as CSS
 * does. Comments are looked at both taken out and left in, since a quoted `/*` is none.
 */
export function isQuietCss(css: string): boolean {
  return isQuiet(css) && (!css.includes('/*') || isQuiet(css.replace(/\/\*[^]*?(?:\*\/|$)/g, '')))
}

/** Whether a text names no address outside its file as `url(…)`. */
export function hasQuietUrls(css: string): boolean {
  return !/[(\\]/.test(css) || areQuietUrls(toPlain(css))
}

function isQuiet(css: string): boolean {
  const plain = toPlain(css)
  return !loud.test(plain) && !loading.test(plain) && areQuietUrls(plain)
}

function areQuietUrls(plain: string): boolean {
  for (const [, address = ''] of plain.matchAll(url)) if (!address.startsWith('#') && !isRasterData(address)) return false
  return true
}

const toPlain = (css: string): string => withoutEscapes(css).replace(/[\u0000-\u0020]/g, '').toLowerCase()

const withoutEscapes = (css: string): string => css.replace(/\\(?:([0-9a-f]{1,6})[ \t\r\n\f]?|\r?\n|([^]))/gi, (_whole, hex: string | undefined, character: string | undefined) => {
  if (hex === undefined) return character ?? ''
  const code = Number.parseInt(hex, 16)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
})
