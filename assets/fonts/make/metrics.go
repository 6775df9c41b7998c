package main

import (
	"encoding/binary"
	"errors"
)

// The toolkit's Latin face, in thousandths of an em.
const (
	ascent  = 1069
	descent = 293
)

var be = binary.BigEndian

// level gives a font of 1000 units the line of the Latin face, so that a line
// stands at the same height whichever face its first letter is from.
func level(font []byte) error {
	tables := map[string][]byte{}
	records := map[string][]byte{}
	for i := range int(be.Uint16(font[4:])) {
		r := font[12+16*i:]
		name := string(r[:4])
		records[name] = r
		tables[name] = font[be.Uint32(r[8:]):][:be.Uint32(r[12:])]
	}
	head, hhea, os2 := tables["head"], tables["hhea"], tables["OS/2"]
	if len(head) < 54 || len(hhea) < 36 || len(os2) < 78 {
		return errors.New("a table is missing")
	}
	if be.Uint16(head[18:]) != 1000 {
		return errors.New("the em is not of 1000 units")
	}
	put := func(b []byte, v int) { be.PutUint16(b, uint16(int16(v))) }
	for _, b := range [][]byte{hhea[4:], os2[68:]} {
		put(b, ascent)
		put(b[2:], -descent)
		put(b[4:], 0)
	}
	put(os2[74:], ascent)
	put(os2[76:], descent)
	be.PutUint32(head[8:], 0)
	for _, name := range []string{"head", "hhea", "OS/2"} {
		be.PutUint32(records[name][4:], sum(tables[name]))
	}
	be.PutUint32(head[8:], 0xB1B0AFBA-sum(font))
	return nil
}

// sum is the checksum of the format.
func sum(b []byte) (s uint32) {
	for len(b) >= 4 {
		s += be.Uint32(b)
		b = b[4:]
	}
	var last [4]byte
	copy(last[:], b)
	return s + be.Uint32(last[:])
}
