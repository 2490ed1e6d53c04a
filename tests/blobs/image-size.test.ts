import { expect, test } from 'vitest'
import { readImageSize } from '~/server/blobs/image-size'
import { createRandom } from './random'

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')
const samples = {
  png: hex('89504e470d0a1a0a 0000000d 49484452 00000280 000001e0 0802000000'),
  gif: hex('474946383961 8002 e001 f70000'),
  jpeg: hex('ffd8 ffe00010 4a46494600010100000100010000 ffdb0005 000102 ffc00011 08 01e0 0280 03012200021101031101'),
  lossy: hex('52494646 24000000 57454250 56503820 18000000 300100 9d012a 8002 e001 0000'),
  lossless: hex('52494646 24000000 57454250 5650384c 18000000 2f 7fc27700 0000000000'),
  extended: hex('52494646 24000000 57454250 56503858 0a000000 10000000 7f0200 df0100'),
}

test.each(Object.entries(samples))('[BL13] the size of an image is read from its header: %s', (_, bytes) => {
  expect(readImageSize(bytes)).toEqual({ width: 640, height: 480 })
})

test('[BL13] bytes that are cut off or no image have no size, and never throw', () => {
  const random = createRandom(11)
  for (const bytes of Object.values(samples)) for (let end = 0; end < bytes.byteLength; end++) readImageSize(bytes.subarray(0, end))
  for (let round = 0; round < 2_000; round++) {
    const bytes = random.bytes(random.below(64))
    random.of(Object.values(samples)).copy(bytes, 0, 0, random.below(20))
    readImageSize(bytes)
  }
  expect(readImageSize(Buffer.from('%PDF-1.7 and more text than a header has'))).toBeNull()
  expect(readImageSize(new Uint8Array(0))).toBeNull()
})
