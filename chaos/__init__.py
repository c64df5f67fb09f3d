"""What breaks when things break: experiments that kill, cut and flood a service of their own."""
