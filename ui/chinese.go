package ui

var chinese = speech{}
