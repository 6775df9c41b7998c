package tokenizer

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// A charsmap is SentencePiece's precompiled normaliser: a double-array trie of
// source strings, whose values point at the replacements, which end in zero bytes.
type charsmap struct {
	units []uint32
	text  []byte
}

func newCharsmap(data []byte) (*charsmap, error) {
	if len(data) < 4 {
		return nil, fmt.Errorf("tokenizer: the normaliser's table is %d bytes long: too short", len(data))
	}
	size := binary.LittleEndian.Uint32(data)
	if uint64(size) > uint64(len(data)-4) || size == 0 || size%4 != 0 {
		return nil, fmt.Errorf("tokenizer: the normaliser's table says its index has %d bytes, but %d bytes follow", size, len(data)-4)
	}
	c := &charsmap{units: make([]uint32, size/4), text: data[4+size:]}
	for i := range c.units {
		c.units[i] = binary.LittleEndian.Uint32(data[4+4*i:])
	}
	if n := len(c.text); n == 0 || c.text[n-1] != 0 {
		return nil, fmt.Errorf("tokenizer: the normaliser's table is cut off: its last replacement does not end")
	}
	return c, nil
}

// A unit's bits: 0–7 the byte that led here, 8 whether a value follows, 9 the
// scale of the offset, 10–30 the offset; a unit with bit 31 is a value.
func unitOffset(u uint32) uint32 { return u >> 10 << (u >> 6 & 8) }

// match returns what the shortest or longest source that s begins with becomes,
// and that source's length, 0 where there is none.
func (c *charsmap) match(s string, longest bool) (to string, length int) {
	value := uint32(0)
	pos := unitOffset(c.units[0])
	for i := 0; i < len(s); i++ {
		b := uint32(s[i])
		pos ^= b
		if int64(pos) >= int64(len(c.units)) {
			break
		}
		unit := c.units[pos]
		if unit&(1<<31|0xff) != b {
			break
		}
		pos ^= unitOffset(unit)
		if unit>>8&1 == 1 && int64(pos) < int64(len(c.units)) {
			value, length = c.units[pos]&(1<<31-1), i+1
			if !longest {
				break
			}
		}
	}
	if length == 0 || int64(value) >= int64(len(c.text)) {
		return "", 0
	}
	rest := c.text[value:]
	return string(rest[:bytes.IndexByte(rest, 0)]), length
}
