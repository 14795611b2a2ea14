"""The attack bench, part by part; `course.classroom.attack` runs it."""
