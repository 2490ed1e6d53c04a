import { createError, fail, HoldfastException } from '~/shared/errors'
import { hasQuietUrls, isQuietCss, isRasterData } from './svg-css'
import { readXml, type XmlAttribute, type XmlElement } from './xml-reader'

const svgNamespace = 'http://www.w3.org/2000/svg'
const foreignNamespaces = new Set(['http://www.w3.org/1999/xhtml', 'http://www.w3.org/1998/Math/MathML', 'http://www.w3.org/2001/xml-events', 'http://www.w3.org/2001/XInclude', 'http://www.w3.org/1999/XSL/Transform'])

/** What draws. Anything else of SVG, and of HTML without a prefix, is refused: a program that knows no namespaces would run it. */
const drawing = new Set([
  'svg', 'g', 'defs', 'desc', 'title', 'metadata', 'symbol', 'use', 'image', 'switch', 'style', 'view', 'a', 'path', 'rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon',
  'text', 'tspan', 'tref', 'textpath', 'altglyph', 'altglyphdef', 'altglyphitem', 'glyphref', 'font', 'font-face', 'font-face-format', 'font-face-name', 'font-face-src', 'font-face-uri',
  'glyph', 'missing-glyph', 'hkern', 'vkern', 'lineargradient', 'radialgradient', 'meshgradient', 'mesh', 'meshrow', 'meshpatch', 'hatch', 'hatchpath', 'solidcolor', 'stop', 'clippath',
  'mask', 'pattern', 'marker', 'filter', 'feblend', 'fecolormatrix', 'fecomponenttransfer', 'fecomposite', 'feconvolvematrix', 'fediffuselighting', 'fedisplacementmap', 'fedistantlight',
  'fedropshadow', 'feflood', 'fefunca', 'fefuncb', 'fefuncg', 'fefuncr', 'fegaussianblur', 'feimage', 'femerge', 'femergenode', 'femorphology', 'feoffset', 'fepointlight',
  'fespecularlighting', 'fespotlight', 'fetile', 'feturbulence', 'color-profile', 'cursor', 'animate', 'animatecolor', 'animatemotion', 'animatetransform', 'mpath', 'set', 'discard',
  'flowroot', 'flowregion', 'flowregionexclude', 'flowdiv', 'flowpara', 'flowspan',
])
/** Under any prefix and in any namespace. */
const active = new Set(['script', 'foreignobject', 'iframe', 'frame', 'object', 'embed', 'applet', 'handler', 'listener', 'audio', 'video', 'base', 'form', 'link', 'include'])
/** Attributes that name what is loaded, opened or sent to. */
const addresses = new Set(['href', 'src', 'srcset', 'data', 'action', 'formaction', 'poster', 'background', 'ping', 'manifest', 'codebase', 'classid', 'profile'])
/** Attributes that are read as CSS, and those of an animation, which may become any of them. Others hold names and notes. */
const styled = new Set(['style', 'fill', 'stroke', 'filter', 'mask', 'clip-path', 'cursor', 'marker', 'marker-start', 'marker-mid', 'marker-end', 'to', 'from', 'by', 'values'])
const running = /(?:^|;)(?:(?:java|vb|live)script:|data:(?!image\/(?:png|jpe?g|gif|webp|avif|bmp)[;,]))/
/** What an animation may not change. */
const fixed = /^(?:on|href$|src$|style$|base$|attributename$)/

const refuse = (what: string): never => fail('unsupported_media_type', `an SVG with ${what} is not taken`)

/**
 * Refuses an SVG that can do more than be looked at, or that refers to anything outside itself. Blobs are served as attachments in a
 * sandbox anyway; this keeps such a file from being handed on to something less careful.
 */
export function checkSvg(bytes: Uint8Array): void {
  let depth = 0
  let styleDepth = 0
  let style = ''
  for (const event of readXml(decodeUtf8(bytes))) {
    switch (event.kind) {
      case 'open':
        if (depth === 0 && event.element.local !== 'svg') fail('unsupported_media_type', 'the file is no SVG')
        depth++
        checkElement(event.element)
        if (styleDepth === 0 && event.element.local.toLowerCase() === 'style') styleDepth = depth
        break
      case 'text':
        // Where HTML is read, such a section is a comment that ends at its first `>`.
        if (event.isData && event.text.includes('<')) refuse('hidden markup')
        if (styleDepth > 0) style += event.text
        break
      case 'close':
        if (depth === styleDepth) {
          if (!isQuietCss(style)) refuse('a style that refers to elsewhere')
          style = ''
          styleDepth = 0
        }
        depth--
    }
  }
}

function checkElement({ prefix, local, namespace, attributes }: XmlElement): void {
  const name = local.toLowerCase()
  if (active.has(name) || foreignNamespaces.has(namespace)) refuse(`active content (${name})`)
  if ((prefix === '' || namespace === svgNamespace) && !isPlain(name, namespace)) refuse(`the element ${name.slice(0, 40)}`)
  for (const attribute of attributes) checkAttribute(name, attribute)
}

const isPlain = (name: string, namespace: string): boolean => drawing.has(name) && (namespace === '' || namespace === svgNamespace)

function checkAttribute(element: string, { name, prefix, local: given, value }: XmlAttribute): void {
  const local = given.toLowerCase()
  if (prefix === 'xmlns' || name === 'xmlns') return
  if (/^on./.test(local) || local === 'http-equiv') refuse(`the attribute ${local.slice(0, 40)}`)
  if (local === 'base' && prefix === 'xml') refuse('another base')
  // A browser drops these inside an address: `java\nscript:` runs.
  const plain = value.replace(/[\u0000-\u0020\u007f-\u00a0]/g, '').toLowerCase()
  if (addresses.has(local) && !isWithin(element, local, plain)) refuse('an address outside itself')
  if (running.test(plain)) refuse('an address that runs')
  if (local === 'attributename' && fixed.test(plain.replace(/^.*:/, ''))) refuse('an animated address')
  if (styled.has(local) ? !isQuietCss(value) : !hasQuietUrls(value)) refuse('a style that refers to elsewhere')
}

/** A part of the same file, or a picture that travels within it. */
const isWithin = (element: string, attribute: string, address: string): boolean =>
  address === '' || address.startsWith('#') || ((element === 'image' || element === 'feimage') && attribute === 'href' && isRasterData(address))

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new HoldfastException(createError('unsupported_media_type', 'an SVG must be UTF-8'), { cause })
  }
}
