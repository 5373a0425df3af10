import { describe } from 'vitest'
import { fine, judges, wrong } from './record-cases.ts'
import { BLOB, CBOR_LINK, LINK } from './validation-scene.ts'

describe('blobs', () => {
  describe('[K10] have a raw link, a media type and a size', () =>
    judges([
      ...fine({ file: BLOB }, { file: { ...BLOB, size: 0 } }, { image: { ...BLOB, mimeType: 'video/mp4' } }),
      wrong(
        { file: { ...BLOB, ref: { $link: CBOR_LINK } } },
        'file.ref: expected the link of a blob: { $link }, a CIDv1 of raw bytes by sha-256, found an object',
      ),
      wrong({ file: { ...BLOB, mimeType: '' } }, 'file.mimeType: expected a media type, found "…"'),
      wrong({ file: { ...BLOB, size: -1 } }, 'file.size: expected a number of bytes, found -1'),
      wrong({ file: { ...BLOB, size: undefined } }, 'file.size: expected a number of bytes, found undefined'),
      wrong(
        { unknown: { $type: 'blob' } },
        'unknown.ref: expected the link of a blob: { $link }, a CIDv1 of raw bytes by sha-256, found undefined',
      ),
      wrong({ file: { ...BLOB, other: 1 } }, 'file: expected a blob, as `uploadBlob` gives it, found an object'),
      wrong({ file: { $link: LINK } }, 'file: expected a blob, as `uploadBlob` gives it, found an object'),
    ]))

  describe('[K10] are of a type and a size that the lexicon takes', () =>
    judges([
      ...fine(
        { image: BLOB },
        { image: { ...BLOB, mimeType: 'IMAGE/webp' } },
        { image: { ...BLOB, mimeType: 'video/mp4; codecs=avc1' } },
        { image: { ...BLOB, size: 1_000_000 } },
        { file: { ...BLOB, mimeType: 'anything/at-all', size: 1e12 } },
      ),
      wrong(
        { image: { ...BLOB, mimeType: 'video/webm' } },
        'image.mimeType: expected image/* or video/mp4, found "video/webm"',
      ),
      wrong(
        { image: { ...BLOB, mimeType: 'imagery/png' } },
        'image.mimeType: expected image/* or video/mp4, found "imagery/png"',
      ),
      wrong(
        { image: { ...BLOB, mimeType: 'image' } },
        'image.mimeType: expected image/* or video/mp4, found "image"',
      ),
      wrong({ image: { ...BLOB, size: 1_000_001 } }, 'image.size: expected at most 1000000 bytes, found 1000001'),
    ]))

  describe('[K10] are read in the old form', () =>
    judges([
      ...fine({ file: { cid: LINK, mimeType: 'image/png' } }),
      wrong(
        { image: { cid: LINK, mimeType: 'text/css' } },
        'image.mimeType: expected image/* or video/mp4, found "text/css"',
      ),
      wrong(
        { file: { cid: 'x', mimeType: 'image/png' } },
        'file.cid: expected a CID, as beside a mimeType and nothing else, found "x"',
      ),
      wrong({ file: { cid: LINK } }, 'file: expected a blob, as `uploadBlob` gives it, found an object'),
    ]))
})
