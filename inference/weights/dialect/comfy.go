package dialect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// A description is what ComfyUI writes beside a quantised weight, as a tensor of
// bytes <module>.comfy_quant or in the file's notes: comfy/ops.py and quant_ops.py
// there say how it is read, and comfy-kitchen's layouts what the tensors mean.
type description struct {
	Format   string          `json:"format"`
	ConvRot  json.RawMessage `json:"convrot"`
	RotGroup int             `json:"convrot_groupsize"`
	Group    int             `json:"group_size"`
	Params   json.RawMessage `json:"params"` // where some of the others may stand, too
	rotated  bool
}

const maxDescription = 4096 // bytes

// A format makes the coding of a matrix, and names the endings of the tensors beside
// it that belong to nothing else; no coding where the scale alone says it all.
type format func(v *view, module string, d description) (coding, []string, error)

var formats = map[string]format{
	"float8_e4m3fn":   plain(tensor.F8E4M3),
	"float8_e5m2":     plain(tensor.F8E5M2),
	"int8_tensorwise": int8Tensorwise,
	"convrot_w4a4":    rotated4,
	"asym_w4a8_int8":  rotatedGroups4,
	"awq_w4a16":       groups4,
	"nvfp4":           nvfp4,
	"mxfp8":           mxfp8,
}

func (v *view) coded(module string, d description) (coding, []string, error) {
	make, ok := formats[d.Format]
	if !ok {
		return nil, nil, fmt.Errorf("quantised as %q, which is not read; use an fp8 scaled, fp16 or GGUF file", d.Format)
	}
	if d.rotated && (d.Format == "nvfp4" || d.Format == "mxfp8" || d.Format == "awq_w4a16" || strings.HasPrefix(d.Format, "float8")) {
		return nil, nil, fmt.Errorf("quantised as %s with rotated columns (convrot), which ComfyUI itself does not read; use an fp8 scaled, fp16 or GGUF file", d.Format)
	}
	return make(v, module, d)
}

// described returns the descriptions by the official name of the module.
func (v *view) described() (map[string]description, error) {
	all := map[string]description{}
	if err := v.notes(all); err != nil {
		return nil, fmt.Errorf("_quantization_metadata: %w", err)
	}
	for _, name := range v.names {
		module, ok := strings.CutSuffix(name, ".comfy_quant")
		if !ok {
			continue
		}
		_, shape, _ := v.Source.Info(v.at[name].name)
		if shape.Len() > maxDescription {
			return nil, fmt.Errorf("%s: a description of %d bytes", module, shape.Len())
		}
		text := make([]byte, shape.Len())
		if err := weights.Read(v.Source, v.at[name].name, text); err != nil {
			return nil, fmt.Errorf("%s: %w", module, err)
		}
		d, err := describeQuant(bytes.TrimRight(text, "\x00"))
		if err != nil {
			return nil, fmt.Errorf("%s: comfy_quant: %w", module, err)
		}
		all[module] = d
	}
	return all, nil
}

// notes reads the descriptions in the notes of the file, where layers are called as
// the tensors are, or so without the prefix.
func (v *view) notes(all map[string]description) error {
	text := v.Metadata()["_quantization_metadata"]
	if text == "" {
		return nil
	}
	var notes struct {
		Layers map[string]json.RawMessage `json:"layers"`
	}
	if err := json.Unmarshal([]byte(text), &notes); err != nil {
		return err
	}
	for layer, text := range notes.Layers {
		bare, _ := strings.CutPrefix(layer, v.prefix)
		for _, weight := range apply(v.rules, bare+".weight") {
			if _, here := v.at[weight]; !here {
				continue // of another part in the file
			}
			d, err := describeQuant(text)
			if err != nil {
				return fmt.Errorf("%s: %w", layer, err)
			}
			all[strings.TrimSuffix(weight, ".weight")] = d
		}
	}
	return nil
}

func describeQuant(text []byte) (d description, err error) {
	if err := json.Unmarshal(text, &d); err != nil {
		return d, err
	}
	var more description
	if len(d.Params) > 0 && d.Params[0] == '{' {
		if err := json.Unmarshal(d.Params, &more); err != nil {
			return d, err
		}
	}
	if d.ConvRot == nil {
		d.ConvRot = more.ConvRot
	}
	if d.RotGroup == 0 {
		d.RotGroup = more.RotGroup
	}
	if d.Group == 0 {
		d.Group = more.Group
	}
	r := string(d.ConvRot)
	d.rotated = r != "" && r != "false" && r != "null" && r != "0"
	if d.RotGroup == 0 {
		d.RotGroup = 256
	}
	return d, nil
}

// plain is for numbers of one type with a scale, which may be left out with fp8.
func plain(of tensor.DType) format {
	return func(v *view, module string, d description) (coding, []string, error) {
		if stored, _, ok := v.Info(module + ".weight"); ok && stored != of {
			return nil, nil, fmt.Errorf("described as %s, and of type %v", d.Format, stored)
		}
		if _, ok := v.at[module+".scale_weight"]; !ok && of == tensor.I8 {
			return nil, nil, fmt.Errorf("%s.weight_scale is missing", module)
		}
		return nil, nil, nil
	}
}

func int8Tensorwise(v *view, module string, d description) (coding, []string, error) {
	if d.rotated {
		return rotated8(v, module, d)
	}
	return plain(tensor.I8)(v, module, d)
}

var floats = []tensor.DType{tensor.F32, tensor.BF16, tensor.F16}
