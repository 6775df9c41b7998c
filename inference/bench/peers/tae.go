package main

import (
	"fmt"

	"kinora/inference/tensor"
)

// tiny lists the tensors of TAEHV for Wan2.1, the small VAE that stable-diffusion.cpp
// takes instead of a real one.
func tiny(channels int) map[string]tensor.Shape {
	l := layers{}
	l.conv("encoder.0", 64, 3, 3)
	l.bias("encoder.0", 64)
	at := 2
	for _, shrink := range []int{2, 2, 1} {
		l.conv(fmt.Sprintf("encoder.%d.conv", at), 64, 64*shrink, 1)
		l.conv(fmt.Sprintf("encoder.%d", at+1), 64, 64, 3)
		l.memory("encoder", at+2, 64)
		at += 5
	}
	l.conv(fmt.Sprintf("encoder.%d", at), channels, 64, 3)
	l.bias(fmt.Sprintf("encoder.%d", at), channels)

	width := []int{256, 128, 64, 64}
	l.conv("decoder.1", width[0], channels, 3)
	l.bias("decoder.1", width[0])
	at = 3
	for i, grow := range []int{1, 2, 2} {
		l.memory("decoder", at, width[i])
		l.conv(fmt.Sprintf("decoder.%d.conv", at+4), grow*width[i], width[i], 1)
		l.conv(fmt.Sprintf("decoder.%d", at+5), width[i+1], width[i], 3)
		at += 6
	}
	l.conv(fmt.Sprintf("decoder.%d", at+1), 3, width[3], 3)
	l.bias(fmt.Sprintf("decoder.%d", at+1), 3)
	return l
}

// layers collects tensors.
type layers map[string]tensor.Shape

func (l layers) conv(name string, out, in, k int) { l[name+".weight"] = tensor.Shape{out, in, k, k} }

func (l layers) bias(name string, out int) { l[name+".bias"] = tensor.Shape{out} }

// memory lists three blocks that see the frame before, from number at on.
func (l layers) memory(half string, at, n int) {
	for i := range 3 {
		for j, in := range []int{2 * n, n, n} {
			name := fmt.Sprintf("%s.%d.conv.%d", half, at+i, 2*j)
			l.conv(name, n, in, 3)
			l.bias(name, n)
		}
	}
}
