package export

import "slices"

// formats in the order menus show them.
var formats = []Format{
	{Name: "mp4", Title: "Video (MP4, H.264)", Ext: ".mp4", open: newMP4},
	{Name: "gif", Title: "Animation (GIF)", Ext: ".gif", open: newGIF},
	{Name: "png", Title: "Folder of frames (PNG)", Folder: true},
}

// Formats lists what a clip can be saved as.
func Formats() []Format { return slices.Clone(formats) }

// Master is the lossless footage that Kinora keeps of every clip for itself.
var Master = Format{Name: "master", Title: "Lossless frames (ZIP of PNG)", Ext: ".zip", open: newMaster}
